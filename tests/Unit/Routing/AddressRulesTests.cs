using System.Net;
using SshGateway.Hosting.Networks;
using SshGateway.Operator.Routing;
using Xunit;

namespace SshGateway.Tests.Unit.Routing;

/// <summary>Addresses that a pod's status may claim, and the gateway must not connect to.</summary>
public sealed class AddressRulesTests
{
    private static readonly RoutingOptions Anywhere = new(AllowLoopbackPods: false, AllowUnlabelledPods: false);

    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.9")]
    [InlineData("203.0.113.7")]
    [InlineData("fd00:10:244::7")]
    [InlineData("2600:1f18::7")]
    public void A_pods_address_is_accepted(string address) => Assert.Equal(IPAddress.Parse(address), AddressRules.Accept(address, Anywhere));

    [Theory]
    [InlineData("no address")]
    [InlineData("0.0.0.0")]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("169.254.169.254")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::169.254.169.254")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("64:ff9b:1::a9fe:a9fe")]
    [InlineData("2002:a9fe:a9fe::1")]
    [InlineData("2001::1")]
    [InlineData("192.88.99.1")]
    [InlineData("192.0.0.192")]
    [InlineData("100.100.100.200")]
    [InlineData("168.63.129.16")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fd20:ce::254")]
    [InlineData("fe80::1%1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    public void What_is_no_pods_is_refused(string address) => Assert.Null(AddressRules.Accept(address, Anywhere));

    [Theory]
    [InlineData("10.244.3.4", true)]
    [InlineData("::ffff:10.244.3.4", true)]
    [InlineData("10.245.3.4", false)]
    [InlineData("fd00:10:244::7", true)]
    [InlineData("fd00:10:245::7", false)]
    public void With_a_list_of_networks_only_they_are_accepted(string address, bool isAccepted) => Assert.Equal(
        isAccepted, AddressRules.Accept(address, Anywhere with { PodNetworks = new NetworkSet(["10.244.0.0/16", "fd00:10:244::/56"]) }) is not null);

    [Fact]
    public void Loopback_has_an_option_of_its_own() =>
        Assert.NotNull(AddressRules.Accept("127.0.0.2", new RoutingOptions(true, false) { PodNetworks = new NetworkSet(["10.0.0.0/8"]) }));
}
