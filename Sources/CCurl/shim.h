#include <curl/curl.h>

// libcurl's setters and getters take variable arguments, which Swift cannot call: one function for
// each type of argument. The parentheses keep curl's type-checking macros out of the way.

static inline CURLcode genki_curl_set_long(CURL *easy, CURLoption option, long value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode genki_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode genki_curl_set_text(CURL *easy, CURLoption option, const char *value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode genki_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode genki_curl_set_list(
    CURL *easy, CURLoption option, struct curl_slist *value) {
  return (curl_easy_setopt)(easy, option, value);
}

/// For write, read and header functions, which have one shape.
static inline CURLcode genki_curl_set_transfer_function(
    CURL *easy, CURLoption option, curl_write_callback value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode genki_curl_set_seek_function(CURL *easy, curl_seek_callback value) {
  return (curl_easy_setopt)(easy, CURLOPT_SEEKFUNCTION, value);
}

static inline CURLcode genki_curl_set_prerequest_function(CURL *easy, curl_prereq_callback value) {
  return (curl_easy_setopt)(easy, CURLOPT_PREREQFUNCTION, value);
}

/// Nothing but http and https; older versions know a mask only.
static inline CURLcode genki_curl_allow_only_http(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075500
  CURLcode code = (curl_easy_setopt)(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  if (code != CURLE_OK) return code;
  return (curl_easy_setopt)(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
  long mask = CURLPROTO_HTTP | CURLPROTO_HTTPS;
  CURLcode code = (curl_easy_setopt)(easy, CURLOPT_PROTOCOLS, mask);
  if (code != CURLE_OK) return code;
  return (curl_easy_setopt)(easy, CURLOPT_REDIR_PROTOCOLS, mask);
#endif
}

/// A transfer that ends while its host is still being looked up does not wait for the answer.
static inline CURLcode genki_curl_leave_lookup_behind(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075700
  return (curl_easy_setopt)(easy, CURLOPT_QUICK_EXIT, 1L);
#else
  (void)easy;
  return CURLE_OK;
#endif
}

static inline CURLcode genki_curl_get_long(CURL *easy, CURLINFO info, long *value) {
  return (curl_easy_getinfo)(easy, info, value);
}

static inline CURLcode genki_curl_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
  return (curl_easy_getinfo)(easy, info, value);
}

static inline CURLMcode genki_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return (curl_multi_setopt)(multi, option, value);
}

/// The result that a finished transfer's message carries.
static inline CURLcode genki_curl_message_result(const CURLMsg *message) {
  return message->data.result;
}
