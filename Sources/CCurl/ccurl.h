#ifndef CCURL_H
#define CCURL_H
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/// A handle of libcurl, and the functions of the library.
///
/// The library is loaded with dlopen, and is not linked: loading it costs each start of the
/// program, and of each of its processes, 2 ms of processor time.
typedef struct ccurl_client {
  CURL *handle;
  CURLcode (*setopt)(CURL *, CURLoption, ...);
  CURLcode (*perform)(CURL *);
  CURLcode (*getinfo)(CURL *, CURLINFO, ...);
  const char *(*strerror)(CURLcode);
  struct curl_slist *(*append)(struct curl_slist *, const char *);
  void (*free_list)(struct curl_slist *);
  /// Not 0 when requests end at once.
  int stops;
  /// The status of the last response, the start of its body, and the fault without a response.
  long status;
  size_t count;
  char body[1024];
  char fault[CURL_ERROR_SIZE];
} ccurl_client;

static size_t ccurl_take(char *bytes, size_t size, size_t count, void *context) {
  ccurl_client *client = context;
  size_t room = sizeof client->body - 1 - client->count, all = size * count;
  size_t taken = all < room ? all : room;
  memcpy(client->body + client->count, bytes, taken);
  client->count += taken;
  client->body[client->count] = 0;
  return all;
}

static int ccurl_progress(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
  (void)a, (void)b, (void)c, (void)d;
  return __atomic_load_n(&((ccurl_client *)context)->stops, __ATOMIC_RELAXED);
}

/// Loads the library, once per process; NULL if the machine has none.
static inline void *ccurl_load(void) {
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  return library ? library : dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
}

/// The version of the library: three numbers; NULL if the machine has none.
static inline const char *ccurl_version(void) {
  void *library = ccurl_load();
  if (!library) return NULL;
  curl_version_info_data *(*info)(CURLversion) =
      (curl_version_info_data * (*)(CURLversion)) dlsym(library, "curl_version_info");
  return info ? info(CURLVERSION_FIRST)->version : NULL;
}

/// A client; NULL if the machine has no libcurl with AWS signatures.
static inline ccurl_client *ccurl_open(void) {
  void *library = ccurl_load();
  if (!library) return NULL;
  CURLcode (*start)(long) = (CURLcode (*)(long))dlsym(library, "curl_global_init");
  CURL *(*make)(void) = (CURL * (*)(void)) dlsym(library, "curl_easy_init");
  ccurl_client *client = calloc(1, sizeof *client);
  if (!client || !start || !make || start(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    free(client);
    return NULL;
  }
  client->setopt = (CURLcode(*)(CURL *, CURLoption, ...))dlsym(library, "curl_easy_setopt");
  client->perform = (CURLcode(*)(CURL *))dlsym(library, "curl_easy_perform");
  client->getinfo = (CURLcode(*)(CURL *, CURLINFO, ...))dlsym(library, "curl_easy_getinfo");
  client->strerror = (const char *(*)(CURLcode))dlsym(library, "curl_easy_strerror");
  client->append = (struct curl_slist * (*)(struct curl_slist *, const char *))
      dlsym(library, "curl_slist_append");
  client->free_list = (void (*)(struct curl_slist *))dlsym(library, "curl_slist_free_all");
  client->handle = make();
  if (client->handle && client->setopt && client->perform && client->getinfo &&
      client->strerror && client->append && client->free_list &&
      client->setopt(client->handle, CURLOPT_AWS_SIGV4, "aws:amz:us-east-1:s3") == CURLE_OK)
    return client;
  free(client);
  return NULL;
}

/// Lets a request of another thread end within a second, and all later ones at once.
static inline void ccurl_stop(ccurl_client *client) {
  __atomic_store_n(&client->stops, 1, __ATOMIC_RELAXED);
}

/// Sends one request; returns the status of the response, or 0 with `fault`.
///
/// `fields` are lines of header fields that end with a line feed each. Requests are not redirected,
/// use no proxy, and verify the certificate of the server. The caller has set the protocols, the
/// limits of time, the rights of the client, and the receiver of the body of the response.
static inline long ccurl_request(ccurl_client *client, const char *method, const char *url,
                                 const char *fields, const void *bytes, size_t count) {
  CURL *handle = client->handle;
  struct curl_slist *list = NULL;
  char line[512];
  while (*fields) {
    size_t length = strcspn(fields, "\n");
    if (length < sizeof line) {
      memcpy(line, fields, length);
      line[length] = 0;
      struct curl_slist *longer = client->append(list, line);
      if (longer) list = longer;
    }
    fields += length + (fields[length] == '\n');
  }
  client->status = 0;
  client->fault[0] = 0;
  client->setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  client->setopt(handle, CURLOPT_PROXY, "");
  client->setopt(handle, CURLOPT_NOSIGNAL, 1L);
  client->setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  client->setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  client->setopt(handle, CURLOPT_USERAGENT, "streamer");
  client->setopt(handle, CURLOPT_ERRORBUFFER, client->fault);
  client->setopt(handle, CURLOPT_URL, url);
  client->setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
  client->setopt(handle, CURLOPT_POSTFIELDS, bytes);
  client->setopt(handle, CURLOPT_CUSTOMREQUEST, method);
  client->setopt(handle, CURLOPT_HTTPHEADER, list);
  CURLcode code = client->perform(handle);
  if (code == CURLE_OK) {
    client->getinfo(handle, CURLINFO_RESPONSE_CODE, &client->status);
  } else if (!client->fault[0]) {
    strncpy(client->fault, client->strerror(code), sizeof client->fault - 1);
  }
  // The bytes and the list belong to the caller.
  client->setopt(handle, CURLOPT_HTTPHEADER, NULL);
  client->setopt(handle, CURLOPT_POSTFIELDS, NULL);
  client->free_list(list);
  return client->status;
}

/// Prepares a signed request, which ends within `limit` milliseconds.
static inline void ccurl_sign(ccurl_client *client, const char *signature, const char *user,
                              const char *secret, long limit) {
  CURL *handle = client->handle;
  client->setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  client->setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  client->setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, limit < 10000L ? limit : 10000L);
  client->setopt(handle, CURLOPT_TIMEOUT_MS, limit);
  client->setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1000L);
  client->setopt(handle, CURLOPT_LOW_SPEED_TIME, 15L);
  client->setopt(handle, CURLOPT_EXPECT_100_TIMEOUT_MS, 200L);
  client->setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  client->setopt(handle, CURLOPT_XFERINFOFUNCTION, ccurl_progress);
  client->setopt(handle, CURLOPT_XFERINFODATA, client);
  client->setopt(handle, CURLOPT_NOPROGRESS, 0L);
  client->setopt(handle, CURLOPT_AWS_SIGV4, signature);
  client->setopt(handle, CURLOPT_USERNAME, user);
  client->setopt(handle, CURLOPT_PASSWORD, secret);
}

/// Sends one signed request, whose response is in `status` and `body`; see `ccurl_request`.
static inline long ccurl_send(ccurl_client *client, const char *method, const char *url,
                              const char *fields, const char *signature, const char *user,
                              const char *secret, const void *bytes, size_t count) {
  client->count = 0;
  client->body[0] = 0;
  ccurl_sign(client, signature, user, secret, 60000L);
  client->setopt(client->handle, CURLOPT_WRITEFUNCTION, ccurl_take);
  client->setopt(client->handle, CURLOPT_WRITEDATA, client);
  return ccurl_request(client, method, url, fields, bytes, count);
}

/// The start of the body of the last response.
static inline const char *ccurl_body(const ccurl_client *client) { return client->body; }

/// Why the last request has no response.
static inline const char *ccurl_fault(const ccurl_client *client) { return client->fault; }
/// The answer to one request.
typedef struct ccurl_answer {
  /// The status of the response; 0 with `fault` if there is none.
  long status;
  size_t count, limit;
  /// The body, to be freed with `ccurl_free`.
  char *bytes;
  char fault[CURL_ERROR_SIZE];
} ccurl_answer;

static size_t ccurl_append(char *bytes, size_t size, size_t count, void *context) {
  ccurl_answer *answer = context;
  size_t all = size * count;
  if (all > answer->limit - answer->count) return 0;
  memcpy(answer->bytes + answer->count, bytes, all);
  answer->count += all;
  return all;
}

/// Overwrites and frees the body of an answer.
static inline void ccurl_free(ccurl_answer *answer) {
  if (answer->bytes) explicit_bzero(answer->bytes, answer->count);
  free(answer->bytes);
  answer->bytes = NULL;
}

/// Reads an object of at most `limit` bytes with one signed request, which ends within eight
/// seconds; see `ccurl_request`.
static inline ccurl_answer ccurl_fetch(ccurl_client *client, const char *url, const char *fields,
                                       const char *signature, const char *user,
                                       const char *secret, size_t limit) {
  ccurl_answer answer = {0};
  answer.limit = limit;
  // Pages that no bytes are written to cost nothing.
  answer.bytes = malloc(limit);
  if (!answer.bytes) {
    strncpy(answer.fault, "out of memory", sizeof answer.fault - 1);
    return answer;
  }
  ccurl_sign(client, signature, user, secret, 8000L);
  client->setopt(client->handle, CURLOPT_WRITEFUNCTION, ccurl_append);
  client->setopt(client->handle, CURLOPT_WRITEDATA, &answer);
  answer.status = ccurl_request(client, "GET", url, fields, "", 0);
  memcpy(answer.fault, client->fault, sizeof answer.fault);
  return answer;
}

/// Posts a document over HTTPS, and reads an answer of at most `limit` bytes; see `ccurl_request`.
///
/// `certificate` is a PEM file of a certificate and its private key, or empty; `authority` a PEM
/// file of authorities, or empty for those of the system.
static inline ccurl_answer ccurl_post(const char *url, const char *fields, const char *certificate,
                                      const char *authority, const void *bytes, size_t count,
                                      size_t limit) {
  ccurl_answer answer = {0};
  answer.limit = limit;
  // Not realloc: it would leave parts of keys in freed memory.
  answer.bytes = malloc(limit);
  ccurl_client *client = answer.bytes ? ccurl_open() : NULL;
  if (!client) {
    strncpy(answer.fault, "the machine has no libcurl", sizeof answer.fault - 1);
    return answer;
  }
  CURL *handle = client->handle;
  client->setopt(handle, CURLOPT_AWS_SIGV4, NULL);
  client->setopt(handle, CURLOPT_PROTOCOLS_STR, "https");
  client->setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
  client->setopt(handle, CURLOPT_TIMEOUT_MS, 10000L);
  client->setopt(handle, CURLOPT_WRITEFUNCTION, ccurl_append);
  client->setopt(handle, CURLOPT_WRITEDATA, &answer);
  if (*certificate) {
    client->setopt(handle, CURLOPT_SSLCERT, certificate);
    client->setopt(handle, CURLOPT_SSLKEY, certificate);
  }
  if (*authority) client->setopt(handle, CURLOPT_CAINFO, authority);
  answer.status = ccurl_request(client, "POST", url, fields, bytes, count);
  memcpy(answer.fault, client->fault, sizeof answer.fault);
  void (*end)(CURL *) = (void (*)(CURL *))dlsym(ccurl_load(), "curl_easy_cleanup");
  if (end) end(handle);
  free(client);
  return answer;
}

#endif
