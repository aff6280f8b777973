namespace SshGateway.Operator.TarsApi;

/// <summary>Whether a caller gets an answer.</summary>
internal enum CallerVerdict
{
    Allowed,

    /// <summary>There is no bearer token.</summary>
    NoToken,

    /// <summary>The token is nobody's.</summary>
    BadToken,

    /// <summary>The token is of somebody who may not ask.</summary>
    Forbidden,

    /// <summary>No one may ask, by configuration.</summary>
    NobodyAllowed,

    /// <summary>Whose the token is cannot be found out now.</summary>
    Unavailable,

    /// <summary>There is no API server to ask whose a token is.</summary>
    NoServer,
}
