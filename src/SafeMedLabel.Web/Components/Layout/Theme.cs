using MudBlazor;

namespace SafeMedLabel.Web.Components.Layout;

/// <summary>Colours and shapes. Calm and clinical; contrast is AA or better in both modes.</summary>
internal static class Theme
{
    private static readonly string[] SystemFonts = ["Inter", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"];

    public static MudTheme Instance { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#0b6b66",
            Secondary = "#5b4bb7",
            Background = "#f6f7f9",
            Surface = "#ffffff",
            AppbarBackground = "#ffffff",
            AppbarText = "#17212b",
            TextPrimary = "#17212b",
            TextSecondary = "#55616d",
            LinesDefault = "#dfe3e8",
            TableLines = "#e8ebef",
            Success = "#1d7a3c",
            Warning = "#9a5b00",
            Error = "#b3261e",
            Info = "#1b5fa8",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#4fc3b8",
            PrimaryContrastText = "#06201e",
            Secondary = "#b3a8f5",
            Background = "#101418",
            Surface = "#181e24",
            AppbarBackground = "#181e24",
            AppbarText = "#e6eaee",
            TextPrimary = "#e6eaee",
            TextSecondary = "#a4afba",
            LinesDefault = "#2b343d",
            TableLines = "#252d35",
            Success = "#6fcf8f",
            Warning = "#f0b35c",
            WarningContrastText = "#231400",
            Error = "#ff8a80",
            Info = "#7fb8f0",
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "8px", AppbarHeight = "56px" },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = SystemFonts, FontSize = ".9375rem" },
            Button = new ButtonTypography { FontFamily = SystemFonts, TextTransform = "none", FontWeight = "600" },
        },
    };
}
