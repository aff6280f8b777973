namespace SshGateway.Exec.ApiServer;

/// <summary>The pod of a session.</summary>
/// <param name="Uid">A pod of the same name with another UID is another pod, and is refused.</param>
internal sealed record PodTarget(string Namespace, string Name, string Uid);

/// <summary>A command to run in a container.</summary>
/// <param name="Container">Empty: the API server chooses, and refuses if the pod has several.</param>
/// <param name="Command">The program and its arguments. No shell reads them.</param>
/// <param name="Tty">Runs the command on a terminal. Then <see cref="ExecReadKind.ErrorOutput"/> never occurs.</param>
/// <param name="Stdin">False: the command reads the end of input at once.</param>
internal sealed record ExecRequest(string Container, IReadOnlyList<string> Command, bool Tty = false, bool Stdin = true);
