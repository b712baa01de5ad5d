using System.Collections.Immutable;

namespace DevicePlugin.Watching;

/// <summary>A screenful, as the terminal gets it.</summary>
/// <param name="Lines">As many as the terminal has, none wider than it; each ends in the terminal's normal style.</param>
/// <param name="Offset">The first line of the list that is shown.</param>
/// <param name="Page">How many lines of the list are shown at a time.</param>
internal sealed record WatchFrame(ImmutableArray<string> Lines, int Offset, int Page);
