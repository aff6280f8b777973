namespace SshGateway.Exec.ApiServer;

/// <summary>Why the API server, or the pod behind it, does not do what was asked.</summary>
internal enum ApiServerFailure
{
    /// <summary>There is no such pod, or it has ended.</summary>
    Gone,

    /// <summary>There is another pod of this name.</summary>
    UidDiffers,

    /// <summary>The pod has no such container, or it does not run.</summary>
    NoContainer,

    /// <summary>The relay's credentials are not accepted, or its role does not allow it.</summary>
    NotAllowed,

    /// <summary>The API server, or the node behind it, does not answer or answers with an error.</summary>
    Unavailable,

    /// <summary>The API server speaks neither v5 nor v4.</summary>
    TooOld,

    /// <summary>The request itself cannot be sent, for instance because the command is too long.</summary>
    Invalid,

    /// <summary>The container's runtime did not run the command, or nothing listens on the port.</summary>
    Failed,

    /// <summary>The stream broke, or ended without a status.</summary>
    Lost,
}

/// <summary>A failure with a sentence for the user of ssh.</summary>
internal sealed class ApiServerException(ApiServerFailure kind, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public ApiServerFailure Kind { get; } = kind;
}
