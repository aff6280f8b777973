namespace SshGateway.Operator.Feed.Authentication;

/// <summary>Keys in a file: Operator:FeedJwks, for Operator:FeedIssuer.</summary>
internal sealed class JwksFile(string path, string issuer) : IIssuerKeysSource
{
    public async Task<IssuerKeys> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return new IssuerKeys(issuer, await File.ReadAllTextAsync(path, cancellationToken));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IssuerKeysException($"Operator:FeedJwks cannot be read: {exception.Message}", exception);
        }
        catch (ArgumentException exception)
        {
            throw new IssuerKeysException($"Operator:FeedJwks: {path} is no JSON Web Key Set: {exception.Message}", exception);
        }
    }
}
