using System.Net;
using SshGateway.Hosting.Networks;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Limits;
using SshGateway.Proxy.Networks;
using SshGateway.Proxy.Outcomes;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Unit.Limits;

public sealed class SourcePenaltiesTests
{
    private static readonly IPAddress Source = IPAddress.Parse("192.0.2.7");

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Failures_add_up_to_a_refusal_that_passes()
    {
        SourcePenalties penalties = New();
        Fail(penalties, 2);
        Assert.Null(penalties.Remaining(Source));
        Fail(penalties, 1);
        Assert.Equal(TimeSpan.FromSeconds(15), penalties.Remaining(Source));
        Assert.Null(penalties.Remaining(IPAddress.Parse("192.0.2.8")));
        // It stays in force to its end, also below the threshold, and a failure meanwhile adds to it.
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.FromSeconds(5), penalties.Remaining(Source));
        Fail(penalties, 1);
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(TimeSpan.FromSeconds(1), penalties.Remaining(Source));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(penalties.Remaining(Source));
        // A new one begins at nothing.
        Fail(penalties, 2);
        Assert.Null(penalties.Remaining(Source));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void A_clock_that_is_set_changes_no_penalty(int hours)
    {
        SourcePenalties penalties = New();
        Fail(penalties, 4);
        _time.ClockSet = TimeSpan.FromHours(hours);
        Assert.Equal(TimeSpan.FromSeconds(20), penalties.Remaining(Source));
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Null(penalties.Remaining(Source));
    }

    [Fact]
    public void Failures_that_are_far_apart_never_add_up()
    {
        SourcePenalties penalties = New();
        for (int i = 0; i < 100; i++)
        {
            Fail(penalties, 1);
            Assert.Null(penalties.Remaining(Source));
            _time.Advance(TimeSpan.FromSeconds(5));
        }
    }

    [Fact]
    public void A_penalty_is_ten_minutes_at_most()
    {
        SourcePenalties penalties = New();
        Fail(penalties, 10_000);
        Assert.Equal(TimeSpan.FromMinutes(10), penalties.Remaining(Source));
    }

    [Theory]
    [InlineData(nameof(ConnectionEnd.AuthenticationFailed), true, 5)]
    [InlineData(nameof(ConnectionEnd.PassthroughRefused), true, 5)]
    [InlineData(nameof(ConnectionEnd.ClientLeftEarly), true, 5)]
    [InlineData(nameof(ConnectionEnd.ClientProtocolError), false, 1)]
    [InlineData(nameof(ConnectionEnd.ClientTooSlow), false, 10)]
    [InlineData(nameof(ConnectionEnd.ClientClosed), true, 0)]
    [InlineData(nameof(ConnectionEnd.SourcePenalized), false, 0)]
    [InlineData(nameof(ConnectionEnd.TooManyUnauthenticated), false, 0)]
    [InlineData(nameof(ConnectionEnd.ProxyStopping), false, 0)]
    public void Each_end_has_its_weight(string end, bool tried, int seconds)
    {
        SourcePenalties penalties = New();
        penalties.Add(Source, Enum.Parse<ConnectionEnd>(end), tried);
        int more = 0;
        // The threshold is 15 s.
        for (; more <= 15 && penalties.Remaining(Source) is null; more++)
        {
            penalties.Add(Source, ConnectionEnd.ClientProtocolError, false);
        }
        Assert.Equal(15 - seconds, more);
    }

    // ssh-keyscan makes a connection for each type of key, and those for types that the gateway lacks end in the key
    // exchange.
    [Theory]
    [InlineData(nameof(ConnectionEnd.ClientLeftEarly))]
    [InlineData(nameof(ConnectionEnd.ClientKeyExchangeFailed))]
    public void A_scan_is_no_failed_login(string end)
    {
        SourcePenalties penalties = New();
        for (int i = 0; i < 149; i++)
        {
            penalties.Add(Source, Enum.Parse<ConnectionEnd>(end), triedToLogIn: false);
        }
        Assert.Null(penalties.Remaining(Source));
        penalties.Add(Source, Enum.Parse<ConnectionEnd>(end), triedToLogIn: false);
        Assert.NotNull(penalties.Remaining(Source));
    }

    [Fact]
    public void Exempt_networks_and_balancers_have_none_and_the_switch_is_for_all()
    {
        SourcePenalties exempt = New(new ProxyOptions { PenaltyExempt = { "192.0.2.0/24" }, ProxyProtocolFrom = { "198.51.100.0/24" } });
        Fail(exempt, 10);
        exempt.Add(IPAddress.Parse("198.51.100.9"), ConnectionEnd.ClientTooSlow, false);
        Assert.Equal(0, exempt.Count);
        SourcePenalties off = New(new ProxyOptions { Penalties = false });
        Fail(off, 10);
        Assert.Equal(0, off.Count);
    }

    // Whoever has a /64 has 2^64 addresses.
    [Fact]
    public void Addresses_of_one_IPv6_network_count_together()
    {
        SourcePenalties penalties = New();
        for (int i = 1; i <= 3; i++)
        {
            penalties.Add(IPAddress.Parse($"2001:db8:0:1::{i}"), ConnectionEnd.AuthenticationFailed, true);
        }
        Assert.NotNull(penalties.Remaining(IPAddress.Parse("2001:db8:0:1:ffff::1")));
        Assert.Null(penalties.Remaining(IPAddress.Parse("2001:db8:0:2::1")));
    }

    [Fact]
    public void The_table_is_bounded_and_forgets_whose_penalty_passes_first()
    {
        SourcePenalties penalties = New();
        Fail(penalties, 3);
        for (int i = 0; i < SourcePenalties.Capacity + 1000; i++)
        {
            penalties.Add(new IPAddress([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]), ConnectionEnd.AuthenticationFailed, true);
        }
        Assert.Equal(SourcePenalties.Capacity, penalties.Count);
        Assert.NotNull(penalties.Remaining(Source));
        _time.Advance(TimeSpan.FromMinutes(1));
        Fail(penalties, 1);
        Assert.Equal(1, penalties.Count);
    }

    private static void Fail(SourcePenalties penalties, int times)
    {
        for (int i = 0; i < times; i++)
        {
            penalties.Add(Source, ConnectionEnd.AuthenticationFailed, triedToLogIn: true);
        }
    }

    private SourcePenalties New(ProxyOptions? options = null)
    {
        options ??= new ProxyOptions();
        return new SourcePenalties(
            options.Penalties, new NetworkSet(options.PenaltyExempt.Concat(options.ProxyProtocolFrom)), new SourceNetworks(options.SourcePrefixIPv4, options.SourcePrefixIPv6), _time);
    }
}
