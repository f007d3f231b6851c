package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"
)

// errID refuses a message that cannot be posted.
var errID = errors.New("the id of the outcome has characters that no header may have")

// errNotHTTP stands for an error whose text may quote what the receiver sent, and so
// what it was sent: an address that it repeats, the page of a proxy.
var errNotHTTP = errors.New("the connection gave no answer of HTTP")

// reason says in a line why an attempt has no answer. The text of an error is shown
// where it is known to quote neither the URL nor what came from outside.
func reason(err error, timeout time.Duration) string {
	if slow := net.Error(nil); errors.Is(err, context.DeadlineExceeded) || errors.As(err, &slow) && slow.Timeout() {
		return fmt.Sprintf("no answer within %v", timeout)
	}
	return strings.Join(strings.Fields(shown(err).Error()), " ")
}

// shown returns the part of an error that may be shown.
func shown(err error) error {
	if quoting, ok := errors.AsType[*url.Error](err); ok {
		err = quoting.Err
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		// The error's address is the host's or the proxy's.
		outer := *op
		if !strings.HasSuffix(op.Op, " error") { // what TLS says of an alert
			outer.Err = shown(op.Err)
		}
		return &outer
	}
	for _, known := range known {
		if e := known(err); e != nil {
			return e
		}
	}
	switch e, ok := errors.AsType[tls.RecordHeaderError](err); {
	case ok:
		return errors.New("tls: " + e.Msg) // without what was sent instead
	case errors.Is(err, http.ErrSchemeMismatch):
		return errors.New("the server speaks HTTP without TLS")
	case errors.Is(err, errID):
		return errID
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the connection was closed before an answer")
	}
	return errNotHTTP
}

// known gives the errors of some types, whose text may be shown.
var known = []func(error) error{
	as[*net.DNSError], as[*net.AddrError], as[*os.SyscallError], as[syscall.Errno], as[proxyError],
	as[*tls.CertificateVerificationError], as[x509.HostnameError], as[x509.UnknownAuthorityError], as[x509.CertificateInvalidError],
}

func as[E error](err error) error {
	if e, ok := errors.AsType[E](err); ok {
		return e
	}
	return nil
}
