namespace SshGateway.Operator.Model;

/// <summary>Names one object.</summary>
internal readonly record struct ObjectKey(string Kind, string Namespace, string Name)
{
    public override string ToString() => $"{Kind} {Namespace}/{Name}";
}
