namespace DevicePlugin.Commands;

/// <summary>What the user gave cannot be used; the message says what, and what to do. Ends a command with exit code 2.</summary>
internal sealed class BadInputException(string message) : Exception(message);
