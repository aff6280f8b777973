using SshGateway.Hosting.Files;

namespace SshGateway.Operator.Feed.Authentication;

/// <summary>Keys in a file: Operator:FeedJwks, for Operator:FeedIssuer.</summary>
internal sealed class JwksFile(string path, string issuer) : IIssuerKeysSource
{
    public Task<IssuerKeys> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(Read());

    /// <exception cref="IssuerKeysException">The file cannot be used.</exception>
    public IssuerKeys Read()
    {
        try
        {
            return new IssuerKeys(issuer, RegularFile.ReadText(path));
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
