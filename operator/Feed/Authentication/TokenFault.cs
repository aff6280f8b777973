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

/// <summary>Who brought a token, or what is wrong with it.</summary>
internal readonly record struct TokenResult(ProxyIdentity? Identity, TokenFault? Fault);

/// <summary>What is wrong with a token, for people. Never the token itself: it may be valid elsewhere.</summary>
internal static class TokenFaultSentences
{
    public static string Sentence(this TokenFault fault) => fault switch
    {
        TokenFault.Missing => "there is no bearer token",
        TokenFault.TooLong => $"the token is longer than {TokenVerifier.MaxToken} characters",
        TokenFault.Malformed => "the token is no JWT",
        TokenFault.WrongAlgorithm => "the token is signed by another algorithm than RS256 and ES256",
        TokenFault.UnknownKey => "the token's key is none of the issuer's",
        TokenFault.WrongSignature => "the token's signature is wrong",
        TokenFault.WrongIssuer => "the token is another issuer's",
        TokenFault.WrongAudience => $"the token is not for the audience {TokenVerifier.Audience}",
        TokenFault.NoExpiry => "the token never expires",
        TokenFault.Expired => "the token has expired",
        TokenFault.NotYetValid => "the token is not valid yet",
        TokenFault.WrongSubject => "the token's subject is none of Operator:FeedClients",
        _ => "the API server does not accept the token",
    };
}
