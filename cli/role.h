/* `vitrine role NAME`: how a role's process begins. */
#ifndef VT_CLI_ROLE_H
#define VT_CLI_ROLE_H

/* Returns the exit code of the process. */
int vt_cli_role(const char *name);

#endif
