namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>What a request to the API server may fail with although nothing is wrong with us: it is tried again, or told.</summary>
internal static class ApiFailure
{
    /// <summary>The server was not reached, did not answer, or said no.</summary>
    public static bool IsAny(Exception exception) => exception is ApiException || IsOfConnection(exception);

    /// <summary>The server was not reached or did not answer; a token or CA file that cannot be read is among that.</summary>
    public static bool IsOfConnection(Exception exception) =>
        exception is HttpRequestException or IOException or UnauthorizedAccessException or TimeoutException;
}
