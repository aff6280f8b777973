namespace SshGateway.Operator.Routing;

/// <param name="Field">The field as its path in the manifest, such as <c>spec.ssh.port</c>.</param>
/// <param name="Remedy">What to write instead.</param>
internal sealed record Violation(string Field, string Remedy)
{
    public override string ToString() => $"{Field}: {Remedy}";
}
