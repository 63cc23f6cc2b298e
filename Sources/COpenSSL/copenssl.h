// Functions for parts of OpenSSL that Swift cannot import: function-like macros, variadic calls,
// and a BIO that reads and writes the memory of an event loop instead of a socket.
#ifndef COPENSSL_H
#define COPENSSL_H

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/// The buffers from which records are read and to which they are written; one for each loop, since
/// a loop serves one connection at a time.
struct copenssl_exchange {
  const uint8_t *input;
  size_t input_count;
  uint8_t *output;
  size_t output_count, output_capacity;
};

static inline int copenssl_bio_write(BIO *bio, const char *bytes, size_t count, size_t *written) {
  struct copenssl_exchange *x = (struct copenssl_exchange *)BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  if (x->output_capacity - x->output_count < count) {
    size_t capacity = x->output_capacity * 2 + count;
    uint8_t *larger = (uint8_t *)realloc(x->output, capacity);
    if (!larger) return 0;
    x->output = larger;
    x->output_capacity = capacity;
  }
  memcpy(x->output + x->output_count, bytes, count);
  x->output_count += count;
  *written = count;
  return 1;
}

static inline int copenssl_bio_read(BIO *bio, char *bytes, size_t count, size_t *taken) {
  struct copenssl_exchange *x = (struct copenssl_exchange *)BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  if (x->input_count == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  size_t n = count < x->input_count ? count : x->input_count;
  memcpy(bytes, x->input, n);
  x->input += n;
  x->input_count -= n;
  *taken = n;
  return 1;
}

static inline long copenssl_bio_control(BIO *bio, int command, long number, void *pointer) {
  (void)bio;
  (void)number;
  (void)pointer;
  return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP;
}

/// The method of a BIO over a `copenssl_exchange`; NULL without memory.
static inline BIO_METHOD *copenssl_exchange_method(void) {
  BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "loop");
  if (m) {
    BIO_meth_set_write_ex(m, copenssl_bio_write);
    BIO_meth_set_read_ex(m, copenssl_bio_read);
    BIO_meth_set_ctrl(m, copenssl_bio_control);
  }
  return m;
}

/// A server's connection that reads and writes `x`; NULL without memory.
static inline SSL *copenssl_accept(
    SSL_CTX *context, BIO_METHOD *method, struct copenssl_exchange *x) {
  SSL *ssl = SSL_new(context);
  if (!ssl) return 0;
  BIO *bio = BIO_new(method);
  if (!bio) {
    SSL_free(ssl);
    return 0;
  }
  BIO_set_data(bio, x);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_accept_state(ssl);
  return ssl;
}

/// Modes and options of a server: TLS 1.2 or later, no renegotiation, no compression, tickets
/// instead of a cache, buffers released while unused. 1, or 0 on an error.
static inline int copenssl_configure(SSL_CTX *context) {
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) &&
         SSL_CTX_set_session_id_context(context, (const unsigned char *)"streamer", 8) &&
         SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384");
}

/// Adds a certificate to the chain that is sent; it keeps its own reference. 1, or 0 on an error.
static inline int copenssl_add_chain(SSL_CTX *context, X509 *certificate) {
  return SSL_CTX_add1_chain_cert(context, certificate);
}

/// A new key on the curve P-256; NULL on an error.
static inline EVP_PKEY *copenssl_new_key(void) { return EVP_EC_gen("P-256"); }

/// Keys a ticket's MAC with SHA-256. 1, or 0 on an error.
static inline int copenssl_key_mac(EVP_MAC_CTX *mac, uint8_t *key, size_t count) {
  OSSL_PARAM parameters[3];
  parameters[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key, count);
  parameters[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0);
  parameters[2] = OSSL_PARAM_construct_end();
  return EVP_MAC_CTX_set_params(mac, parameters);
}

/// The context of clients of HTTP/1.1: TLS 1.2 or later, servers must have a certificate of an
/// authority, of which the context has none yet; NULL on an error.
static inline SSL_CTX *copenssl_client_context(void) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (context && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) &&
      SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\x08http/1.1", 9) == 0) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return context;
  }
  SSL_CTX_free(context);
  return NULL;
}

/// Lets an unverified context accept devices with the old versions and short keys that they have,
/// and offers no protocol of HTTP. The connection is then as weak as the device makes it.
static inline void copenssl_permit_devices(SSL_CTX *context) {
  SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_alpn_protos(context, NULL, 0);
}

/// Lets a context trust the certificates of a PEM file, whether they are authorities' or servers'.
/// 1, or 0 on an error.
static inline int copenssl_trust(SSL_CTX *context, const char *path) {
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  return SSL_CTX_load_verify_locations(context, path, NULL);
}

/// A client's session over a socket, for a server whose certificate has the name or address `host`,
/// which resumes `ticket` unless it is NULL; NULL on an error.
static inline SSL *copenssl_connect(
    SSL_CTX *context, const char *host, int descriptor, SSL_SESSION *ticket) {
  SSL *ssl = SSL_new(context);
  if (!ssl) return NULL;
  int is_set = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) ||
               (SSL_set1_host(ssl, host) && SSL_set_tlsext_host_name(ssl, host));
  if (is_set && SSL_set_fd(ssl, descriptor)) {
    if (ticket) SSL_set_session(ssl, ticket);
    ERR_clear_error();
    SSL_set_connect_state(ssl);
    return ssl;
  }
  SSL_free(ssl);
  return NULL;
}

/// Ends a client's session: tells the server, and frees it.
static inline void copenssl_disconnect(SSL *ssl) {
  if (ssl && !SSL_in_init(ssl)) {
    ERR_clear_error();
    SSL_shutdown(ssl);
    ERR_clear_error();
  }
  SSL_free(ssl);
}

/// A ticket of a session for the next one, owned by the caller; NULL if the server gave none.
static inline SSL_SESSION *copenssl_ticket(SSL *ssl) {
  SSL_SESSION *ticket = SSL_get1_session(ssl);
  if (ticket && SSL_SESSION_is_resumable(ticket)) return ticket;
  SSL_SESSION_free(ticket);
  return NULL;
}

/// Whether the error is caused by a plain HTTP request instead of TLS.
static inline int copenssl_is_plain_http(unsigned long error) {
  return ERR_GET_LIB(error) == ERR_LIB_SSL && (ERR_GET_REASON(error) == SSL_R_HTTP_REQUEST ||
                                               ERR_GET_REASON(error) == SSL_R_HTTPS_PROXY_REQUEST);
}

/// Refuses to ask for a passphrase at the terminal.
static inline int copenssl_no_passphrase(char *buffer, int size, int writing, void *context) {
  (void)buffer;
  (void)size;
  (void)writing;
  (void)context;
  return -1;
}

/// Lets sessions of clients with a certificate not be resumed: each handshake verifies it.
static inline int copenssl_on_client(int verified, X509_STORE_CTX *store) {
  SSL *ssl = (SSL *)X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
  if (ssl) SSL_set_num_tickets(ssl, 0);
  return verified;
}

/// Lets a server ask its clients for a certificate of an authority in the PEM file `authorities`,
/// which the PEM file `revoked` has not revoked unless it is NULL; clients without a certificate
/// are accepted. 1, or 0 for a wrong `authorities` and -1 for a wrong `revoked`.
static inline int copenssl_ask_clients(
    SSL_CTX *context, const char *authorities, const char *revoked) {
  STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(authorities);
  if (!names) return 0;
  SSL_CTX_set_client_CA_list(context, names);
  if (!SSL_CTX_load_verify_locations(context, authorities, NULL)) return 0;
  if (revoked) {
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    if (!lookup || X509_load_crl_file(lookup, revoked, X509_FILETYPE_PEM) < 1) return -1;
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, copenssl_on_client);
  return 1;
}

/// The whole subject (RFC 2253, in UTF-8) or, with `common`, the last common name of the verified
/// certificate of a client; NULL without one, or for a name with a zero. The caller frees it.
static inline char *copenssl_client_name(const SSL *ssl, int common) {
  X509 *certificate = SSL_get0_peer_certificate(ssl);
  if (!certificate || SSL_get_verify_result(ssl) != X509_V_OK) return NULL;
  // TLS 1.2 resumes sessions without a handshake of their own.
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0) return NULL;
  const X509_NAME *name = X509_get_subject_name(certificate);
  if (!common) {
    BIO *memory = BIO_new(BIO_s_mem());
    char *text = NULL, *bytes = NULL;
    unsigned long form = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
    if (memory && X509_NAME_print_ex(memory, name, 0, form) >= 0) {
      long count = BIO_get_mem_data(memory, &bytes);
      if (count > 0 && count < 4096 && !memchr(bytes, 0, count)) text = strndup(bytes, count);
    }
    BIO_free(memory);
    return text;
  }
  int last = -1, next;
  while ((next = X509_NAME_get_index_by_NID((X509_NAME *)name, NID_commonName, last)) >= 0)
    last = next;
  if (last < 0) return NULL;
  unsigned char *utf8 = NULL;
  int count = ASN1_STRING_to_UTF8(
      &utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last)));
  char *text = count > 0 && count < 4096 && !memchr(utf8, 0, count)
                   ? strndup((const char *)utf8, count)
                   : NULL;
  OPENSSL_free(utf8);
  return text;
}

/// Refuses encrypted keys instead of asking at the terminal.
static inline void copenssl_never_ask(SSL_CTX *context) {
  SSL_CTX_set_default_passwd_cb(context, copenssl_no_passphrase);
}

static inline int copenssl_add_extension(X509 *certificate, int kind, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
  int done = extension && X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  return done;
}

/// A self-signed server certificate, valid from one hour ago for `days`; `alternatives` as in
/// `DNS:a,IP:b`. NULL on an error.
static inline X509 *copenssl_self_sign(
    EVP_PKEY *key, const char *name, const char *alternatives, int days) {
  X509 *c = X509_new();
  BIGNUM *serial = BN_new();
  X509_NAME *subject = c ? X509_get_subject_name(c) : NULL;
  int done = c && serial && X509_set_version(c, X509_VERSION_3) &&
             BN_rand(serial, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) &&
             BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(c)) &&
             X509_gmtime_adj(X509_getm_notBefore(c), -3600) &&
             X509_time_adj_ex(X509_getm_notAfter(c), days, 0, NULL) && X509_set_pubkey(c, key) &&
             X509_NAME_add_entry_by_txt(
                 subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) &&
             X509_set_issuer_name(c, subject) &&
             copenssl_add_extension(c, NID_subject_key_identifier, "hash") &&
             copenssl_add_extension(c, NID_basic_constraints, "critical,CA:FALSE") &&
             copenssl_add_extension(c, NID_key_usage, "critical,digitalSignature") &&
             copenssl_add_extension(c, NID_ext_key_usage, "serverAuth") &&
             copenssl_add_extension(c, NID_subject_alt_name, alternatives) &&
             X509_sign(c, key, EVP_sha256());
  BN_free(serial);
  if (done) return c;
  X509_free(c);
  return NULL;
}

/// The public key in a text of PEM, if it is a key on the curve P-256; NULL for any other text.
static inline EVP_PKEY *copenssl_public_key(const uint8_t *text, int count) {
  BIO *bio = BIO_new_mem_buf(text, count);
  EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, copenssl_no_passphrase, NULL) : NULL;
  BIO_free(bio);
  ERR_clear_error();
  char group[32] = "";
  if (key && EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
      strcmp(group, "prime256v1") == 0) {
    return key;
  }
  EVP_PKEY_free(key);
  return NULL;
}

/// Whether `signature`, two numbers of 32 bytes, is an ECDSA signature of the bytes with SHA-256.
static inline int copenssl_verify(
    EVP_PKEY *key, const uint8_t *bytes, size_t count, const uint8_t *signature) {
  ECDSA_SIG *pair = ECDSA_SIG_new();
  BIGNUM *r = BN_bin2bn(signature, 32, NULL), *s = BN_bin2bn(signature + 32, 32, NULL);
  uint8_t *der = NULL;
  int size = -1, verified = 0;
  if (pair && r && s && ECDSA_SIG_set0(pair, r, s)) {
    r = s = NULL;
    size = i2d_ECDSA_SIG(pair, &der);
  }
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  if (size > 0 && context &&
      EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1) {
    verified = EVP_DigestVerify(context, der, (size_t)size, bytes, count) == 1;
  }
  EVP_MD_CTX_free(context);
  OPENSSL_free(der);
  BN_free(r);
  BN_free(s);
  ECDSA_SIG_free(pair);
  ERR_clear_error();
  return verified;
}

/// Derives `count` bytes from a password by scrypt with the costs `n`, `r` and `p`, within `memory`
/// bytes. 1, or 0 on an error.
static inline int copenssl_scrypt(
    const uint8_t *password, size_t password_count, const uint8_t *salt, size_t salt_count,
    uint64_t n, uint32_t r, uint32_t p, uint64_t memory, uint8_t *derived, size_t count) {
  EVP_KDF *kdf = EVP_KDF_fetch(NULL, "SCRYPT", NULL);
  EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
  EVP_KDF_free(kdf);
  if (!context) return 0;
  OSSL_PARAM parameters[7];
  parameters[0] = OSSL_PARAM_construct_octet_string(
      OSSL_KDF_PARAM_PASSWORD, (void *)password, password_count);
  parameters[1] =
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, salt_count);
  parameters[2] = OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n);
  parameters[3] = OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r);
  parameters[4] = OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p);
  parameters[5] = OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory);
  parameters[6] = OSSL_PARAM_construct_end();
  int done = EVP_KDF_derive(context, derived, count, parameters) == 1;
  EVP_KDF_CTX_free(context);
  ERR_clear_error();
  return done;
}

/// Whole days until a certificate ends; negative once it has.
static inline int copenssl_days_left(const X509 *certificate) {
  int days = 0, seconds = 0;
  if (!ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate))) return -1;
  return seconds < 0 ? -1 : days;
}

/// The end of a certificate, in seconds since 1970; 0 if it cannot be read.
static inline int64_t copenssl_end(const X509 *certificate) {
  int days = 0, seconds = 0;
  ASN1_TIME *origin = ASN1_TIME_set(NULL, 0);
  int done = origin && ASN1_TIME_diff(&days, &seconds, origin, X509_get0_notAfter(certificate));
  ASN1_TIME_free(origin);
  return done ? (int64_t)days * 86400 + seconds : 0;
}

#endif
