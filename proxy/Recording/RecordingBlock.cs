namespace SshGateway.Proxy.Recording;

/// <summary>A piece of work for the writer: a part of a recording, or a question whether it can write.</summary>
/// <param name="File">Where the bytes belong; null: it is a question.</param>
/// <param name="Buffer">Of the shared array pool; the writer returns it.</param>
/// <param name="Length">The bytes in it.</param>
/// <param name="IsLast">The recording is complete with this.</param>
/// <param name="Check">Is told the problem; null: there is none.</param>
internal readonly record struct RecordingBlock(
    RecordingFile? File, byte[]? Buffer, int Length, bool IsLast, TaskCompletionSource<string?>? Check = null);
