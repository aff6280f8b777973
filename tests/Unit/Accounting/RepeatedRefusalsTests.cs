using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Feed;
using SshGateway.Proxy.Accounting;
using SshGateway.Proxy.Networks;
using SshGateway.Proxy.Outcomes;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Unit.Accounting;

/// <summary>How many lines how many refusals become.</summary>
public sealed class RepeatedRefusalsTests : IDisposable
{
    private readonly RepeatedRefusals _refusals = new(new SourceNetworks(32, 64), new ManualTimeProvider(), NullLogger<RepeatedRefusals>.Instance);
    private readonly List<int> _reported = [];

    public void Dispose() => _refusals.Dispose();

    [Fact]
    public void The_first_of_a_source_and_then_their_number()
    {
        for (int i = 0; i < 3000; i++)
        {
            Refuse("192.0.2.1");
            // Of one /64.
            Refuse($"2001:db8::{i:x}");
        }
        Assert.Equal([1, 1], _reported);
        _refusals.Report();
        Assert.Equal([1, 1, 2999, 2999], _reported);

        // It goes on: no first one again.
        Refuse("192.0.2.1");
        _refusals.Report();
        Assert.Equal([1, 1, 2999, 2999, 1], _reported);

        // Silent for a minute.
        _refusals.Report();
        Refuse("192.0.2.1");
        Refuse("192.0.2.1");
        Assert.Equal([1, 1, 2999, 2999, 1, 1], _reported);
    }

    [Fact]
    public void Each_way_to_be_refused_is_told()
    {
        Refuse("192.0.2.1");
        Refuse("192.0.2.1", ConnectionEnd.ProxyFull);
        Assert.Equal([1, 1], _reported);
    }

    // One person of an office who fails again and again must not hide another one.
    [Fact]
    public void Each_session_that_exists_is_told()
    {
        foreach (string? session in new[] { "a", "b", null, "a", "b", null })
        {
            Refuse("192.0.2.1", ConnectionEnd.AuthenticationFailed, session);
        }
        Assert.Equal([1, 1, 1], _reported);
        _refusals.Report();
        Assert.Equal([1, 1, 1, 1, 1, 1], _reported);
    }

    [Fact]
    public void Each_reason_is_told()
    {
        Refuse("192.0.2.1", ConnectionEnd.AuthenticationFailed, "a", KeyRefusal.NotAuthorized);
        Refuse("192.0.2.1", ConnectionEnd.AuthenticationFailed, "a", KeyRefusal.CertificateExpired);
        Assert.Equal([1, 1], _reported);
    }

    [Fact]
    public void However_many_sources_come_a_minute_has_so_many_lines()
    {
        for (int i = 0; i < 10 * RepeatedRefusals.Capacity; i++)
        {
            Refuse($"10.0.{i >> 8}.{i & 255}");
        }
        Assert.Equal(RepeatedRefusals.Capacity + 1, _reported.Count);
        _refusals.Report();
        Assert.Equal((RepeatedRefusals.Capacity + 2, (9 * RepeatedRefusals.Capacity) - 1), (_reported.Count, _reported[^1]));
    }

    private void Refuse(string address, ConnectionEnd end = ConnectionEnd.SourcePenalized, string? session = null, KeyRefusal? reason = null)
    {
        if (_refusals.IsFirst(IPAddress.Parse(address), end, session, reason, _reported.Add))
        {
            _reported.Add(1);
        }
    }
}
