using System.Net;
using SshGateway.Hosting;
using SshGateway.Hosting.Networks;
using SshGateway.Proxy.Networks;
using SshGateway.Proxy.Outcomes;

namespace SshGateway.Proxy.Limits;

/// <summary>
/// Sources whose connections come to nothing are refused for a while, in the manner of OpenSSH's PerSourcePenalties
/// (sshd_config, 9.8): each failure adds to a source's penalty, which passes with time, and once it has reached a
/// threshold the source is refused until it has passed.
/// </summary>
/// <param name="isOn">False: nobody is ever refused.</param>
/// <param name="exempt">Networks whose failures are not counted.</param>
/// <param name="sources">Finds the source of an address.</param>
internal sealed class SourcePenalties(bool isOn, NetworkSet exempt, SourceNetworks sources, TimeProvider time)
{
    /// <summary>How many sources are remembered. Beyond that the one whose penalty passes first is forgotten.</summary>
    public const int Capacity = 65_536;

    // OpenSSH's values: authfail, grace-exceeded, noauth, min and max.
    private static readonly TimeSpan FailedLogin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TooSlow = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Violation = TimeSpan.FromSeconds(1);

    // A scan is no failed login, and sshd's manual warns that noauth hits ssh-keyscan, which makes a connection for
    // each type of key: ten a second are free.
    private static readonly TimeSpan Scan = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Threshold = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan MaxPenalty = TimeSpan.FromMinutes(10);

    // A clock that is set back would make a penalty longer.
    private readonly SteadyClock _clock = new(time);
    private readonly Lock _lock = new();
    private readonly Dictionary<SourceNetwork, Penalty> _penalties = [];
    private readonly SortedSet<Penalty> _byEnd = new(Comparer<Penalty>.Create(static (a, b) =>
        (a.Ends, a.Source.IsV6, a.Source.Prefix).CompareTo((b.Ends, b.Source.IsV6, b.Source.Prefix))));

    /// <summary>Sources that are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _penalties.Count;
            }
        }
    }

    /// <summary>How long the source is still refused; null: it is not.</summary>
    public TimeSpan? Remaining(IPAddress address)
    {
        SourceNetwork source = sources.Find(address);
        DateTimeOffset now = _clock.Now;
        lock (_lock)
        {
            return _penalties.TryGetValue(source, out Penalty penalty) && penalty.IsInForce && penalty.Ends > now ? penalty.Ends - now : null;
        }
    }

    /// <summary>A connection of somebody who had not logged in has ended.</summary>
    /// <param name="triedToLogIn">Whether it asked for a login.</param>
    public void Add(IPAddress address, ConnectionEnd end, bool triedToLogIn)
    {
        if (!isOn || exempt.Contains(address))
        {
            return;
        }
        TimeSpan added = end switch
        {
            ConnectionEnd.AuthenticationFailed or ConnectionEnd.PassthroughRefused => FailedLogin,
            ConnectionEnd.ClientTooSlow => TooSlow,
            ConnectionEnd.ClientLeftEarly when triedToLogIn => FailedLogin,
            ConnectionEnd.ClientLeftEarly or ConnectionEnd.ClientKeyExchangeFailed => Scan,
            ConnectionEnd.ClientProtocolError => Violation,
            _ => TimeSpan.Zero,
        };
        if (added > TimeSpan.Zero)
        {
            Add(sources.Find(address), added);
        }
    }

    /// <summary>
    /// Somebody has logged in from there: what failed before counts no more. Many people may share an address, and one
    /// who types wrong must not shut the others out for longer than it takes one of them to get in.
    /// </summary>
    public void Forgive(IPAddress address)
    {
        SourceNetwork source = sources.Find(address);
        lock (_lock)
        {
            if (_penalties.TryGetValue(source, out Penalty penalty))
            {
                Forget(penalty);
            }
        }
    }

    private void Add(SourceNetwork source, TimeSpan added)
    {
        DateTimeOffset now = _clock.Now;
        lock (_lock)
        {
            while (_byEnd.Count > 0 && (_byEnd.Min.Ends <= now || (_byEnd.Count >= Capacity && !_penalties.ContainsKey(source))))
            {
                Forget(_byEnd.Min);
            }
            bool isKnown = _penalties.TryGetValue(source, out Penalty earlier);
            if (isKnown)
            {
                Forget(earlier);
            }
            DateTimeOffset ends = (isKnown ? earlier.Ends : now) + added;
            ends = ends > now + MaxPenalty ? now + MaxPenalty : ends;
            var penalty = new Penalty(source, ends, earlier.IsInForce || ends - now >= Threshold);
            _penalties.Add(source, penalty);
            _byEnd.Add(penalty);
        }
    }

    private void Forget(Penalty penalty)
    {
        _penalties.Remove(penalty.Source);
        _byEnd.Remove(penalty);
    }

    private readonly record struct Penalty(SourceNetwork Source, DateTimeOffset Ends, bool IsInForce);
}
