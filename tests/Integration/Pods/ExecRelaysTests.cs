using System.Net;
using SshGateway.Proxy.Pods;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Integration.Pods;

/// <summary>Which relay a login takes, with the machine's own resolver.</summary>
public sealed class ExecRelaysTests
{
    private readonly LogRecorder<ExecRelays> _log = new();

    [Fact]
    public async Task Each_relay_is_tried_once_before_one_is_tried_again()
    {
        ExecRelays relays = Relays("127.0.0.1:2222", "127.0.0.2:2222", "[::1]:2222", "127.0.0.1:2222");
        HashSet<IPEndPoint> tried = [];

        var first = new List<IPEndPoint?>();
        for (int i = 0; i < 3; i++)
        {
            first.Add(await relays.NextAsync(tried, CancellationToken.None));
        }

        Assert.Equal(["127.0.0.1:2222", "127.0.0.2:2222", "[::1]:2222"], first.Select(relay => $"{relay}").Order(StringComparer.Ordinal));
        Assert.Contains(await relays.NextAsync(tried, CancellationToken.None), first);
        Assert.Single(tried);
    }

    [Fact]
    public async Task Logins_are_spread()
    {
        ExecRelays relays = Relays("127.0.0.1:2222", "127.0.0.2:2222");
        var taken = new HashSet<IPEndPoint?>();
        // That all take the same one has a probability of 2 to the power of -99.
        for (int i = 0; i < 100; i++)
        {
            taken.Add(await relays.NextAsync(new HashSet<IPEndPoint>(), CancellationToken.None));
        }

        Assert.Equal(2, taken.Count);
    }

    [Fact]
    public async Task A_name_that_cannot_be_resolved_does_not_hide_the_others()
    {
        ExecRelays relays = Relays("no-such-relay.invalid:2222", "localhost:2223");

        IPEndPoint? relay = await relays.NextAsync(new HashSet<IPEndPoint>(), CancellationToken.None);

        Assert.True(relay is { Port: 2223 } && IPAddress.IsLoopback(relay.Address), $"{relay}");
        Assert.Contains(_log.Lines, line => line.Text.Contains("no-such-relay.invalid:2222", StringComparison.Ordinal));
        Assert.Null(await Relays("no-such-relay.invalid:2222").NextAsync(new HashSet<IPEndPoint>(), CancellationToken.None));
        Assert.False(Relays().IsConfigured);
    }

    private ExecRelays Relays(params string[] names) => new(names, null, TimeProvider.System, _log);
}
