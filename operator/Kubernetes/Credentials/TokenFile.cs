using System.Security.Cryptography.X509Certificates;

namespace SshGateway.Operator.Kubernetes.Credentials;

/// <summary>
/// A token that a file holds. Kubelet replaces a projected ServiceAccount token well before it expires, so the file is
/// read again every minute, and at once when the server refused the token.
/// </summary>
internal sealed class TokenFile(string path, X509Certificate2? clientCertificate, TimeProvider time) : ICredentialSource
{
    private static readonly TimeSpan RereadInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private string? _token;
    private long _readAt;
    private bool _isRefused;

    public X509Certificate2? ClientCertificate => clientCertificate;

    public ValueTask<string?> GetTokenAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_token is null || _isRefused || time.GetElapsedTime(_readAt) >= RereadInterval)
            {
                Read();
            }
            return ValueTask.FromResult(_token);
        }
    }

    public void Invalidate()
    {
        lock (_lock)
        {
            _isRefused = true;
        }
    }

    private void Read()
    {
        try
        {
            _token = File.ReadAllText(path).Trim();
        }
        catch (Exception exception) when (_token is not null && exception is IOException or UnauthorizedAccessException)
        {
            // The one that was read before may well be good for a while.
        }
        _readAt = time.GetTimestamp();
        _isRefused = false;
    }
}
