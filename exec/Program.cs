// The host (options, listener, feed) is not part of the program yet.
Console.Error.WriteLine("sshgateway-exec cannot run yet: its host is missing.");
return 1;
