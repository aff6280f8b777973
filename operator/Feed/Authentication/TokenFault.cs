namespace SshGateway.Operator.Feed.Authentication;

/// <summary>What is wrong with a proxy's token: a closed list, for the log, the answer and the tests.</summary>
internal enum TokenFault
{
    Missing,
    TooLong,
    Malformed,
    WrongAlgorithm,
    UnknownKey,
    WrongSignature,
    WrongIssuer,
    WrongAudience,
    NoExpiry,
    Expired,
    NotYetValid,
    WrongSubject,

    /// <summary>The API server does not accept it, and does not say why.</summary>
    Rejected,
}
