namespace SshGateway.Operator.Feed.Authentication;

/// <summary>Says whose a token is.</summary>
internal interface ITokenReviewer
{
    /// <param name="token">A token of bounded length.</param>
    /// <param name="audience">Whom it has to be for; null: the API server itself.</param>
    Task<ReviewedToken> ReviewAsync(string token, string? audience, CancellationToken cancellationToken);
}

/// <summary>A token, as the API server judged it.</summary>
/// <param name="User">Whose it is, such as <c>system:serviceaccount:tars:tars</c>; empty unless it is
/// authentic.</param>
internal readonly record struct ReviewedToken(TokenVerdict Verdict, string User)
{
    public static readonly ReviewedToken Refused = new(TokenVerdict.Refused, "");
    public static readonly ReviewedToken Unknown = new(TokenVerdict.Unknown, "");
}

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
