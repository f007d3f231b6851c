package pubsub

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"ordertimeout/transforms/connect/pubsub/uri"
)

// oneLine says in a few words, for who runs the pipeline, what an error of the
// client library means.
func oneLine(err error) string {
	code := status.Code(err)
	if errors.Is(err, context.DeadlineExceeded) {
		code = codes.DeadlineExceeded
	}
	switch code {
	case codes.NotFound:
		return "does not exist"
	case codes.PermissionDenied:
		return "no permission: " + detail(err)
	case codes.Unauthenticated:
		return "not signed in: " + detail(err)
	case codes.Unavailable, codes.DeadlineExceeded:
		return fmt.Sprintf("%s does not answer: %s", server(), detail(err))
	}
	return detail(err)
}

// detail is the text of an error without the wrapping of gRPC.
func detail(err error) string {
	text := err.Error()
	if s, ok := status.FromError(err); ok && s.Message() != "" {
		text = s.Message()
	}
	return strings.Join(strings.Fields(text), " ")
}

// server is where requests go.
func server() string {
	if host := os.Getenv(uri.Emulator); host != "" {
		return fmt.Sprintf("the emulator at %s (%s)", host, uri.Emulator)
	}
	return "the service"
}
