using System.Xml.Linq;

namespace DevicePlugin.FunctionalTests.RealData;

/// <summary>A field of nvidia-smi's XML and where the plugin reports it.</summary>
/// <param name="Path">XPath from the GPU's element.</param>
/// <param name="Place">Where the plugin says the same.</param>
/// <param name="Convert">The element as the plugin writes it; null for "not available".</param>
internal sealed record ComparedField(string Path, ReportPlace Place, Func<XElement, string?> Convert)
{
    public override string ToString() => $"{Path} is {Place.Name}";
}
