using System.Text;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.UnitTests.Documentation;

namespace DevicePlugin.UnitTests.Nomad.Configuration;

internal sealed class ConfigurationDocsTests
{
    [TestCase("docs/configuration.md")]
    [TestCase("README.md")]
    public void TableOfKeys_InADocument_IsTheCurrentOne(string document)
    {
        var table = new StringBuilder("| key | type | default | accepts | meaning |\n|---|---|---|---|---|\n");
        foreach (var key in ConfigSchema.Keys)
        {
            table.Append($"| `{key.Path}` | `{key.Type}` | `{key.DefaultLiteral}` ")
                .Append($"| {GeneratedTable.Escape(key.Allowed)} | {GeneratedTable.Escape(key.Description)} |\n");
        }

        GeneratedTable.AssertIsCurrent(document, "keys", table.ToString());
    }
}
