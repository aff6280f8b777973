using System.Net;

namespace SshGateway.Proxy.Feed;

/// <summary>One operator: what it is called, which its certificate confirms, and where it is.</summary>
internal sealed record OperatorAddress(string Name, IPEndPoint EndPoint)
{
    public override string ToString() => Name == EndPoint.ToString() ? Name : $"{Name} ({EndPoint.Address})";
}
