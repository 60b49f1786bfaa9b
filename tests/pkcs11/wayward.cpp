// A PKCS#11 module that hands its calls to the one that SALLYPORT_WAYWARD_REAL names, and fails as a test says: the
// token that is taken out, the process behind the module that is killed, the card that takes its time.
#include "wayward.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace {

using tls::test::Wayward;

Wayward control;
CK_FUNCTION_LIST* real = nullptr;
CK_FUNCTION_LIST ours;

/// What every call fails with now.
CK_RV trouble() {
  if (control.dead || control.absent) return CKR_DEVICE_ERROR;
  return control.gone ? CKR_DEVICE_REMOVED : CKR_OK;
}

CK_RV initialize(void* arguments) {
  ++control.starts;
  if (control.absent) return CKR_DEVICE_ERROR;
  control.dead = false;
  return real->C_Initialize(arguments);
}
CK_RV finalize(void* reserved) {
  control.sessions = control.newest = control.stale = 0;  // handles begin anew
  return real->C_Finalize(reserved);
}
CK_RV get_slot_list(unsigned char present, CK_SLOT_ID* slots, unsigned long* count) {
  if (control.dead || control.absent) return CKR_DEVICE_ERROR;
  if (!control.gone) return real->C_GetSlotList(present, slots, count);
  *count = 0;
  return CKR_OK;
}
CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void* application, CK_NOTIFY notify, CK_SESSION_HANDLE* session) {
  if (const CK_RV rv = trouble(); rv != CKR_OK) return rv;
  if (control.no_sessions) return CKR_SESSION_COUNT;
  const CK_RV rv = real->C_OpenSession(slot, flags, application, notify, session);
  if (rv != CKR_OK) return rv;
  ++control.sessions;
  control.newest = std::max<unsigned long>(control.newest, *session);
  return rv;
}
CK_RV close_session(CK_SESSION_HANDLE session) {
  const CK_RV rv = real->C_CloseSession(session);
  if (rv == CKR_OK) --control.sessions;
  return rv;
}
CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char* pin, unsigned long length) {
  if (const CK_RV rv = trouble(); rv != CKR_OK) return rv;
  ++control.logins;
  if (control.wrong_pin) return CKR_PIN_INCORRECT;
  unsigned char right[] = {'1', '2', '3', '4'};
  if (control.any_pin) return real->C_Login(session, user, right, sizeof right);
  return real->C_Login(session, user, pin, length);
}
CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  ++control.inits;
  if (control.signs_none || session <= control.stale) return CKR_SESSION_HANDLE_INVALID;
  if (const CK_RV rv = trouble(); rv != CKR_OK) return rv;
  return real->C_SignInit(session, mechanism, key);
}
CK_RV sign(CK_SESSION_HANDLE session, unsigned char* data, unsigned long size, unsigned char* signature,
           unsigned long* length) {
  ++control.signs;
  if (control.slow_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(control.slow_ms));
  while (control.hangs) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  if (const CK_RV rv = trouble(); rv != CKR_OK) return rv;
  const CK_RV rv = real->C_Sign(session, data, size, signature, length);
  if (rv == CKR_OK && control.short_signature) --*length;
  return rv;
}

bool load() {
  const char* const path = std::getenv("SALLYPORT_WAYWARD_REAL");
  void* const library = path != nullptr ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : nullptr;
  if (library == nullptr) return false;
  const auto get = reinterpret_cast<CK_RV (*)(CK_FUNCTION_LIST**)>(dlsym(library, "C_GetFunctionList"));
  if (get == nullptr || get(&real) != CKR_OK) return false;
  ours = *real;
  ours.C_Initialize = initialize;
  ours.C_Finalize = finalize;
  ours.C_GetSlotList = get_slot_list;
  ours.C_OpenSession = open_session;
  ours.C_CloseSession = close_session;
  ours.C_Login = login;
  ours.C_SignInit = sign_init;
  ours.C_Sign = sign;
  return true;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) Wayward* wayward_control() { return &control; }

extern "C" __attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  if (real == nullptr && !load()) return CKR_GENERAL_ERROR;
  *list = &ours;
  return CKR_OK;
}
