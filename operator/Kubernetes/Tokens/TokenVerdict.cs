namespace SshGateway.Operator.Kubernetes.Tokens;

/// <summary>What the API server says of a token.</summary>
internal enum TokenVerdict
{
    /// <summary>It is somebody's.</summary>
    Authentic,

    /// <summary>It is nobody's: forged, expired, or not for the API server.</summary>
    Refused,

    /// <summary>The API server cannot be asked now.</summary>
    Unknown,
}
