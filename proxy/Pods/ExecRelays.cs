using System.Net;
using System.Net.Sockets;

namespace SshGateway.Proxy.Pods;

/// <summary>
/// Where the exec relays of Proxy:ExecRelays are: a headless Service has one address per relay. What was found is used
/// for a few seconds, and while a name cannot be resolved, what was found last. All logins wait for one look-up.
/// </summary>
internal sealed partial class ExecRelays(IReadOnlyList<string> names, Func<ExecRelayKeys>? hostKeys, TimeProvider time, ILogger<ExecRelays> logger)
{
    // More are not of use to one proxy.
    private const int MaxAddresses = 256;

    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(5);

    // getaddrinfo cannot be given up, and may take minutes.
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();
    private volatile IPEndPoint[] _known = [];
    private Task? _lookUp;
    private long? _lookedUpAt;

    /// <summary>Whether there are any.</summary>
    public bool IsConfigured => names.Count > 0;

    /// <summary>What they may show; only where there are any.</summary>
    public ExecRelayKeys HostKeys => hostKeys!();

    /// <summary>Whether there is a relay that was not tried.</summary>
    public bool HasOther(ISet<IPEndPoint> tried) => tried.Count > 0 && _known.Any(relay => !tried.Contains(relay));

    /// <summary>A relay at random, of those that were tried least recently; null: no name has an address.</summary>
    /// <param name="tried">The relays that were tried, to which it is added; emptied when there is no other.</param>
    public async ValueTask<IPEndPoint?> NextAsync(ISet<IPEndPoint> tried, CancellationToken cancellation)
    {
        if (Refresh() is { } lookUp)
        {
            await lookUp.WaitAsync(MaxWait, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
        }
        IPEndPoint[] known = _known;
        IPEndPoint[] others = [.. known.Where(relay => !tried.Contains(relay))];
        if (others.Length == 0)
        {
            tried.Clear();
            others = known;
        }
        if (others.Length == 0)
        {
            return null;
        }
        IPEndPoint next = others[Random.Shared.Next(others.Length)];
        tried.Add(next);
        return next;
    }

    /// <summary>Null: what is known is new enough.</summary>
    private Task? Refresh()
    {
        lock (_lock)
        {
            return _lookedUpAt is { } at && time.GetElapsedTime(at) < MaxAge && _known.Length > 0 ? null : _lookUp ??= Task.Run(LookUpAsync);
        }
    }

    private async Task LookUpAsync()
    {
        var found = new List<IPEndPoint>();
        foreach (string name in names)
        {
            // The options have been checked: it is host:port.
            var uri = new Uri($"tcp://{name}");
            try
            {
                IPAddress[] addresses = await Dns.GetHostAddressesAsync(uri.IdnHost).ConfigureAwait(false);
                found.AddRange(addresses.Select(address => new IPEndPoint(address, uri.Port)));
            }
            catch (SocketException problem)
            {
                Log.Unresolved(logger, name, problem.Message);
            }
        }
        lock (_lock)
        {
            _known = found.Count > 0 ? [.. found.Distinct().Take(MaxAddresses)] : _known;
            _lookedUpAt = time.GetTimestamp();
            _lookUp = null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Cannot find the address of exec relay {Name}: {Problem}. Using the addresses that were found last, if any")]
        public static partial void Unresolved(ILogger logger, string name, string problem);
    }
}
