using SshGateway.Feed;

namespace SshGateway.Operator.Usage;

/// <summary>One open connection, as its proxy reports it.</summary>
internal sealed class LiveConnection(ProxyConnections proxy, OpenConnection report)
{
    private long _bytesFromClient = Clamp(report.BytesFromClient);
    private long _bytesToClient = Clamp(report.BytesToClient);

    /// <summary>As in the proxy's logs and in the audit log.</summary>
    public string Id { get; } = report.Id;

    public string SessionId { get; } = report.SessionId;

    /// <summary>The proxy's own name, as in its audit log.</summary>
    public string Proxy => proxy.ProxyId;

    /// <summary>ssh or passthrough.</summary>
    public string Protocol { get; } = report.Protocol;

    /// <summary>The fingerprint of the person's key; empty for a passthrough: only the pod knows it.</summary>
    public string Key { get; } = report.KeyFingerprint;

    /// <summary>The key id of the certificate that let the person in; empty: the session lists the key. A CA wrote it:
    /// it can have any characters but control characters.</summary>
    public string Certificate { get; } = report.Certificate;

    /// <summary>The client's address and port.</summary>
    public string Address { get; } = report.Address;

    /// <summary>When the client was let in.</summary>
    public DateTimeOffset Since { get; } = DateTimeOffset.FromUnixTimeSeconds(report.Since);

    /// <summary>As last reported: some seconds old.</summary>
    public long BytesFromClient => Volatile.Read(ref _bytesFromClient);

    /// <inheritdoc cref="BytesFromClient"/>
    public long BytesToClient => Volatile.Read(ref _bytesToClient);

    /// <summary>Whose it is; of <see cref="ConnectionTable"/> alone.</summary>
    public ProxyConnections Owner => proxy;

    /// <summary>True: the proxy says that it has ended; false: the proxy itself is gone. Of
    /// <see cref="ConnectionTable"/> alone, within its lock; null: nobody waits.</summary>
    public TaskCompletionSource<bool>? Ended { get; set; }

    /// <summary>Of <see cref="ConnectionTable"/> alone.</summary>
    public void Update(OpenConnection report)
    {
        Volatile.Write(ref _bytesFromClient, Clamp(report.BytesFromClient));
        Volatile.Write(ref _bytesToClient, Clamp(report.BytesToClient));
    }

    private static long Clamp(ulong bytes) => (long)Math.Min(bytes, long.MaxValue);
}
