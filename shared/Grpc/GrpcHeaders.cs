namespace SshGateway.Shared.Grpc;

/// <summary>Header names and values of gRPC over HTTP/2: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md</summary>
internal static class GrpcHeaders
{
    public const string ContentType = "application/grpc";
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Timeout = "grpc-timeout";
    public const string Encoding = "grpc-encoding";
    public const string AcceptEncoding = "grpc-accept-encoding";
    public const string Identity = "identity";

    /// <summary>RFC 6750 section 2.1.</summary>
    public const string Bearer = "Bearer";

    /// <summary>
    /// <c>application/grpc</c>, with <c>+proto</c> and parameters as the only additions: <c>+json</c> and the
    /// <c>-web</c> variant begin alike but frame or encode their messages differently.
    /// </summary>
    public static bool IsGrpcContentType(string? contentType)
    {
        ReadOnlySpan<char> mediaType = contentType;
        int parameters = mediaType.IndexOf(';');
        if (parameters >= 0)
        {
            mediaType = mediaType[..parameters];
        }
        mediaType = mediaType.TrimEnd();
        return mediaType.Equals(ContentType, StringComparison.OrdinalIgnoreCase)
            || mediaType.Equals(ContentType + "+proto", StringComparison.OrdinalIgnoreCase);
    }
}
