using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>A session that made our code fail.</summary>
internal sealed record RoutingFault(ObjectKey Session, Exception Exception);
