using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace SshGateway.Shared.Grpc;

/// <summary>What a response, or the lack of one, means to the caller.</summary>
internal static class GrpcClientStatus
{
    /// <summary>Checks the response's headers, in the order that the protocol demands.</summary>
    /// <returns>Whether the headers carry status OK, so that no message follows.</returns>
    /// <exception cref="GrpcException">The call has failed.</exception>
    public static bool CheckHeaders(HttpResponseMessage response)
    {
        if (Find(response.Headers, GrpcHeaders.Status) is not null)
        {
            ThrowUnlessOk(response.Headers);
            return true;
        }
        if (response.Version != HttpVersion.Version20)
        {
            throw new GrpcException(GrpcStatusCode.Internal, $"the server answered with HTTP/{response.Version}; gRPC needs HTTP/2");
        }
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new GrpcException(FromHttp(response.StatusCode), $"the server answered with HTTP status {(int)response.StatusCode}");
        }
        string? contentType = response.Content.Headers.ContentType?.ToString();
        if (!GrpcHeaders.IsGrpcContentType(contentType))
        {
            throw new GrpcException(GrpcStatusCode.Unknown, $"the server answered with content-type {contentType ?? "(none)"}; it is no gRPC server");
        }
        return false;
    }

    /// <summary>Checks the status at the end of the body.</summary>
    /// <exception cref="GrpcException">It is another one than OK, or there is none.</exception>
    public static void ThrowUnlessOk(HttpResponseMessage response) =>
        ThrowUnlessOk(Find(response.Headers, GrpcHeaders.Status) is null ? response.TrailingHeaders : response.Headers);

    /// <summary>The failure that a transport's exception means.</summary>
    public static GrpcException FromException(Exception exception)
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpProtocolException protocol)
            {
                return new GrpcException(FromReset(protocol.ErrorCode), protocol.Message, exception);
            }
        }
        return exception is OperationCanceledException and not TaskCanceledException { InnerException: TimeoutException }
            ? new GrpcException(GrpcStatusCode.Cancelled, "the call was cancelled", exception)
            : new GrpcException(GrpcStatusCode.Unavailable, exception.Message, exception);
    }

    private static void ThrowUnlessOk(HttpResponseHeaders headers)
    {
        string? value = Find(headers, GrpcHeaders.Status)
            ?? throw new GrpcException(GrpcStatusCode.Internal, $"the call ended without a {GrpcHeaders.Status}");
        bool known = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int code)
            && code <= (int)GrpcStatusCode.Unauthenticated;
        GrpcStatusCode status = known ? (GrpcStatusCode)code : GrpcStatusCode.Unknown;
        if (status != GrpcStatusCode.Ok)
        {
            throw new GrpcException(status, GrpcStatusMessage.Decode(Find(headers, GrpcHeaders.Message) ?? ""));
        }
    }

    // https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
    private static GrpcStatusCode FromHttp(HttpStatusCode status) => (int)status switch
    {
        400 => GrpcStatusCode.Internal,
        401 => GrpcStatusCode.Unauthenticated,
        403 => GrpcStatusCode.PermissionDenied,
        404 => GrpcStatusCode.Unimplemented,
        429 or 502 or 503 or 504 => GrpcStatusCode.Unavailable,
        _ => GrpcStatusCode.Unknown,
    };

    // RFC 9113 section 7 names the codes; PROTOCOL-HTTP2.md, "Errors", maps them.
    private static GrpcStatusCode FromReset(long errorCode) => errorCode switch
    {
        0x7 => GrpcStatusCode.Unavailable,
        0x8 => GrpcStatusCode.Cancelled,
        0xb => GrpcStatusCode.ResourceExhausted,
        0xc => GrpcStatusCode.PermissionDenied,
        _ => GrpcStatusCode.Internal,
    };

    private static string? Find(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out IEnumerable<string>? values) ? values.First() : null;
}
