using Grpc.Core;
using Microsoft.IdentityModel.JsonWebTokens;

namespace SshGateway.Operator.Feed.Authentication;

/// <summary>Somebody who knows whose a token is, to ask while the issuer's keys cannot be had.</summary>
internal interface ITokenReview
{
    /// <exception cref="TokenRefusedException">It is nobody's, or not for the feed.</exception>
    /// <exception cref="RpcException">Nobody can be asked now.</exception>
    Task<ProxyIdentity> ReviewAsync(JsonWebToken token, CancellationToken cancellationToken);
}

/// <summary>A token, as the API server judged it.</summary>
/// <param name="Verdict">The judgement.</param>
/// <param name="User">Whose it is, such as <c>system:serviceaccount:tars:tars</c>; empty unless it is authentic.</param>
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
