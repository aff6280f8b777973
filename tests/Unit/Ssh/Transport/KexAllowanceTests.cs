using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Transport;

public sealed class KexAllowanceTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Before_authentication_neither_time_nor_data_allow_a_second_one()
    {
        var allowance = new KexAllowance(_time);
        _time.Advance(TimeSpan.FromHours(1));
        allowance.Take(1 << 30);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Throws<SshProtocolException>(() => allowance.Take(1 << 30));
    }

    [Theory]
    // OpenSSH's RekeyLimit with its smallest reasonable values, while data goes at any speed, and by time alone.
    [InlineData(16 * 1024, 0)]
    [InlineData(8 * 1024, 0)]
    [InlineData(100, 500)]
    [InlineData(4 * 1024, 250)]
    public void Peers_that_exchange_keys_by_data_or_time_may_do_so_for_ever(long bytes, int milliseconds)
    {
        KexAllowance allowance = Authenticated();
        for (int i = 0; i < 10_000; i++)
        {
            allowance.Take(bytes);
            _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        }
    }

    [Fact]
    public void A_long_rest_allows_no_more_than_the_burst()
    {
        KexAllowance allowance = Authenticated();
        for (int day = 0; day < 3; day++)
        {
            _time.Advance(TimeSpan.FromDays(1));
            for (int i = 0; i < KexAllowance.Burst; i++)
            {
                allowance.Take(i == 0 ? 1 << 30 : 0);
            }
            Assert.Throws<SshProtocolException>(() => allowance.Take(0));
        }
    }

    private KexAllowance Authenticated()
    {
        var allowance = new KexAllowance(_time);
        allowance.Authenticated();
        return allowance;
    }
}
