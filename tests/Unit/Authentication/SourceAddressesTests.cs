using System.Net;
using System.Text;
using SshGateway.Proxy.Networks;

namespace SshGateway.Tests.Unit.Authentication;

/// <summary>The list of a certificate's source-address.</summary>
public sealed class SourceAddressesTests
{
    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("192.0.2.0/24", "192.0.2.255", true)]
    [InlineData("192.0.2.0/24", "192.0.3.0", false)]
    [InlineData("192.0.2.0/24", "::ffff:192.0.2.9", true)]
    [InlineData("0.0.0.0/0", "203.0.113.1", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("2001:db8::/32", "2001:db8:1::7", true)]
    [InlineData("2001:db8::/32", "2001:db9::7", false)]
    [InlineData("198.51.100.1,192.0.2.0/24,2001:db8::1", "2001:db8::1", true)]
    [InlineData("198.51.100.1,192.0.2.0/24,2001:db8::1", "192.0.2.1", true)]
    [InlineData("198.51.100.1,192.0.2.0/24,2001:db8::1", "198.51.100.2", false)]
    // One part that cannot be read spoils the list, as in OpenSSH: what was meant is not known.
    [InlineData("192.0.2.7,", "192.0.2.7", false)]
    [InlineData("192.0.2.7,example.com", "192.0.2.7", false)]
    [InlineData("192.0.2.7/24", "192.0.2.7", false)]
    [InlineData("192.0.2.0/33", "192.0.2.7", false)]
    [InlineData("192.0.2.*", "192.0.2.7", false)]
    [InlineData("!192.0.2.8,0.0.0.0/0", "192.0.2.7", false)]
    [InlineData("", "192.0.2.7", false)]
    public void A_client_is_admitted_by_its_address(string list, string client, bool admitted) =>
        Assert.Equal(admitted, SourceAddresses.Contain(Encoding.ASCII.GetBytes(list), IPAddress.Parse(client)));

    [Fact]
    public void A_list_has_a_bound()
    {
        string longest = string.Join(',', Enumerable.Repeat("192.0.2.7", 409)) + ",::1";
        Assert.True(SourceAddresses.Contain(Encoding.ASCII.GetBytes(longest), IPAddress.Parse("192.0.2.7")));
        Assert.False(SourceAddresses.Contain(Encoding.ASCII.GetBytes(longest + ",192.0.2.8"), IPAddress.Parse("192.0.2.7")));
    }
}
