/* Statuses and error messages. */
#include "config.h"
#include "tensor.h"

#include <stdarg.h>

const char *tn_status_name(tn_status status)
{
    static const char *const names[] = {
        [TN_OK] = "ok",
        [TN_EINVAL] = "invalid argument",
        [TN_ESHAPE] = "shape error",
        [TN_EDTYPE] = "number type error",
        [TN_ENAME] = "name error",
        [TN_ENOGRAD] = "not differentiable",
        [TN_ENOMEM] = "out of memory",
        [TN_EIO] = "input/output error",
        [TN_EFORMAT] = "format error",
        [TN_ENUMERIC] = "not a finite number",
        [TN_EGRADIENT] = "wrong derivative",
    };
    return (size_t)status < sizeof names / sizeof *names ? names[status] : "unknown status";
}

tn_status tn_fail(tn_error *error, tn_status status, const char *format, ...)
{
    if (error && error->status == TN_OK) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
        error->status = status;
    }
    return status;
}

const char *tn_version(void)
{
    return PACKAGE_VERSION;
}
