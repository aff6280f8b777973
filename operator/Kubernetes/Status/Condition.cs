namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>What a condition says, before it is compared with what it said.</summary>
internal readonly record struct Condition(string Type, bool? Holds, string Reason, string Message);
