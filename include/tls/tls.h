// All of the public API.
#pragma once

#include "tls/bytes.h"
#include "tls/config.h"
#include "tls/connection.h"
#include "tls/credentials.h"
#include "tls/environment.h"
#include "tls/error.h"
#include "tls/fast_random.h"
#include "tls/identity.h"
#include "tls/info.h"
#include "tls/operation.h"
#include "tls/secret.h"
#include "tls/session.h"
#include "tls/verifier.h"
