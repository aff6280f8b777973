namespace SshGateway.Operator.Kubernetes.Tokens;

/// <summary>A token, as the API server judged it.</summary>
/// <param name="Verdict">The judgement.</param>
/// <param name="User">Whose it is, such as <c>system:serviceaccount:tars:tars</c>; empty unless it is authentic.</param>
internal readonly record struct ReviewedToken(TokenVerdict Verdict, string User)
{
    public static readonly ReviewedToken Refused = new(TokenVerdict.Refused, "");
    public static readonly ReviewedToken Unknown = new(TokenVerdict.Unknown, "");
}
