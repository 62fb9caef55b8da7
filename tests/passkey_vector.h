/* What an authenticator answered once: registration to a challenge of 32 bytes 1, then uses
 * with counters 2 and 4, to challenges of bytes 2 and 4.  The private key is lost.  Made
 * with centre/web/test/authenticator.mjs. */
#ifndef VT_TESTS_PASSKEY_VECTOR_H
#define VT_TESTS_PASSKEY_VECTOR_H

#define VT_PASSKEY_ORIGIN "http://localhost:8443"
#define VT_PASSKEY_CLIENT_CREATE                                                           \
    "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a"         \
    "2241514542415145424151454241514542415145424151454241514542415145424151454241"         \
    "514542415145222c226f726967696e223a22687474703a2f2f6c6f63616c686f73743a383434"         \
    "33222c2263726f73734f726967696e223a66616c73657d"
#define VT_PASSKEY_DATA_CREATE                                                             \
    "49960de5880e8c687434170f6476605b8fe4aeb9a28632c7995cf3ba831d9763450000000000"         \
    "00000000000000000000000000000000105a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5aa501020326"         \
    "2001215820849a92034fa494ea3268985c2a3b2f06daca521837a419828e5ebdf3774fcaf022"         \
    "582012075b40220a17473777a8a1dfc0ee8366002925051157dbc51dbe9fbd05a671"
#define VT_PASSKEY_CLIENT_GET_2                                                            \
    "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224167"         \
    "4943416749434167494341674943416749434167494341674943416749434167494341674943"         \
    "416749222c226f726967696e223a22687474703a2f2f6c6f63616c686f73743a38343433222c"         \
    "2263726f73734f726967696e223a66616c73657d"
#define VT_PASSKEY_DATA_GET_2                                                              \
    "49960de5880e8c687434170f6476605b8fe4aeb9a28632c7995cf3ba831d97630500000002"
#define VT_PASSKEY_SIGNATURE_2                                                             \
    "304602210081403f77c765df0e260bf3fa6635f883a0e55b2b13e06f355f7637bf418a6abf02"         \
    "21009073dd8436d1fb77f532182401414c6f72c8f08e33afc7cee14910743bc8b81b"
#define VT_PASSKEY_CLIENT_GET_4                                                            \
    "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224241"         \
    "5145424151454241514542415145424151454241514542415145424151454241514542415145"         \
    "424151222c226f726967696e223a22687474703a2f2f6c6f63616c686f73743a38343433222c"         \
    "2263726f73734f726967696e223a66616c73657d"
#define VT_PASSKEY_DATA_GET_4                                                              \
    "49960de5880e8c687434170f6476605b8fe4aeb9a28632c7995cf3ba831d97630500000004"
#define VT_PASSKEY_SIGNATURE_4                                                             \
    "304402207d3cb5d4eae866d4afd05fb2788d824c8158cddfcc717ae366e252206345fb940220"         \
    "355c2fa1012618cdf6759efdd4d70ef15d2d11e040457880a2b2c7dbddfddf8e"

#endif
