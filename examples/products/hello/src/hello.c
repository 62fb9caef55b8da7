/* The smallest product: what a release goes through does not depend on its size. */
#include <stdio.h>

int main(void)
{
    puts("hello");
    return 0;
}
