using SshGateway.Feed;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;
using SshGateway.Tests.Support.Routing;
using Xunit;

namespace SshGateway.Tests.Unit.Routing;

/// <summary>
/// The routing function against the folders in Cases. SSHGATEWAY_UPDATE_GOLDEN=1 rewrites what they expect.
/// </summary>
public sealed class RoutingFunctionTests
{
    public static TheoryData<string> Cases => [.. GoldenCase.Names()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_case_is_routed_as_expected(string name)
    {
        var golden = new GoldenCase(name);
        (ClusterObjects objects, RoutingOptions options, IReadOnlyDictionary<string, IdBinding> bindings) = golden.Read();

        string actual = GoldenCase.Print(RoutingFunction.Route(objects, options, bindings));

        if (Environment.GetEnvironmentVariable("SSHGATEWAY_UPDATE_GOLDEN") == "1")
        {
            golden.Update(actual);
        }
        Assert.Equal(golden.Expected, actual);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_order_of_the_objects_does_not_matter(string name)
    {
        (ClusterObjects objects, RoutingOptions options, IReadOnlyDictionary<string, IdBinding> bindings) = new GoldenCase(name).Read();
        var reversed = new ClusterObjects([.. objects.Sessions.Reverse()], [.. objects.Pods.Reverse()]) { KeyObjects = [.. objects.KeyObjects.Reverse()] };

        Assert.Equal(GoldenCase.Print(RoutingFunction.Route(objects, options, bindings)), GoldenCase.Print(RoutingFunction.Route(reversed, options, bindings)));
    }

    [Fact]
    public void The_cases_show_every_reason()
    {
        string all = string.Concat(GoldenCase.Names().Select(n => new GoldenCase(n).Expected));

        Assert.All(typeof(ReadyReasons).GetFields().Select(f => (string)f.GetValue(null)!).Except([ReadyReasons.Expired, ReadyReasons.HostKeyMismatch, ReadyReasons.SessionIdTaken]), reason => Assert.Contains($"  reason: {reason}\n", all, StringComparison.Ordinal));
        Assert.All(typeof(BindingReasons).GetFields().Select(f => (string)f.GetValue(null)!), reason => Assert.Contains($"  binding: {reason}\n", all, StringComparison.Ordinal));
        Assert.All(Enum.GetNames<EndpointState>().Except([nameof(EndpointState.Unspecified)]), state => Assert.Contains($"  state: {state}\n", all, StringComparison.Ordinal));
    }
}
