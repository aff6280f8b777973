namespace SshGateway.Operator.Feed.Authentication;

/// <summary>Where the keys come from that the proxies' tokens are verified with.</summary>
internal interface IIssuerKeysSource
{
    /// <exception cref="IssuerKeysException">They cannot be had now.</exception>
    Task<IssuerKeys> ReadAsync(CancellationToken cancellationToken);
}
