using System.Net;
using Grpc.Core;
using SshGateway.Feed.Client;
using Xunit;

namespace SshGateway.Tests.Integration.Feed;

public sealed class OperatorChoiceTests
{
    [Fact]
    public async Task Every_operator_is_chosen_and_never_one_twice_in_a_row()
    {
        var choice = Choice("127.0.0.1:1", "127.0.0.2:2", "[::1]:3");
        var chosen = new List<OperatorAddress>();
        for (int i = 0; i < 100; i++)
        {
            chosen.Add(await choice.NextAsync(CancellationToken.None));
        }

        Assert.Equal(
            [new IPEndPoint(IPAddress.Loopback, 1), IPEndPoint.Parse("127.0.0.2:2"), new IPEndPoint(IPAddress.IPv6Loopback, 3)],
            chosen.Select(a => a.EndPoint).Distinct().OrderBy(e => e.Port));
        Assert.All(chosen.Zip(chosen.Skip(1)), pair => Assert.NotEqual(pair.First, pair.Second));
        Assert.Equal("[::1]:3", chosen.First(a => a.EndPoint.Port == 3).ToString());
    }

    [Fact]
    public async Task The_only_one_is_chosen_again_and_again()
    {
        var choice = Choice("127.0.0.1:1");

        Assert.Equal(await choice.NextAsync(CancellationToken.None), await choice.NextAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_name_stands_for_all_its_addresses()
    {
        OperatorAddress address = await Choice("localhost:7").NextAsync(CancellationToken.None);

        Assert.Equal(("localhost:7", 7, true), (address.Name, address.EndPoint.Port, IPAddress.IsLoopback(address.EndPoint.Address)));
        Assert.Equal($"localhost:7 ({address.EndPoint.Address})", address.ToString());
    }

    [Fact]
    public async Task A_name_without_an_address_is_named_unless_another_has_one()
    {
        var failure = await Assert.ThrowsAsync<RpcException>(() => Choice("operator.invalid:7").NextAsync(CancellationToken.None));

        Assert.Contains("operator.invalid:7", failure.Message, StringComparison.Ordinal);
        Assert.Equal("127.0.0.1:1", (await Choice("operator.invalid:7", "127.0.0.1:1").NextAsync(CancellationToken.None)).ToString());
    }

    private static OperatorChoice Choice(params string[] names) => new(new OperatorDirectory(names), new Random(1));
}
