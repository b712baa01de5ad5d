namespace DevicePlugin.Watching;

/// <summary>Of the terminal, in characters.</summary>
internal readonly record struct WatchSize(int Columns, int Lines);
