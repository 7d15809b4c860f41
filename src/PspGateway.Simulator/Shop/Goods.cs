using PspGateway.Simulator.Pages;

namespace PspGateway.Simulator.Shop;

internal sealed record Good(string Key, string Name, string About, long Price, Markup Picture);

/// <summary>What Fjellbrød sells. The pictures are drawn here: nothing is loaded.</summary>
internal static class Goods
{
    public static IReadOnlyList<Good> All { get; } =
    [
        new("bread", "Sourdough with barley", "Baked this morning, still warm.", 8_900, Drawn("#fbe3bf", "#e9b878", """
            <path d="M92 122c-6-54 46-84 108-84s114 30 108 84z" fill="#b4692b"/><path d="M98 116c0-46 46-70 102-70s102 24 102 70c-60-18-146-18-204 0z" fill="#c98443"/>
            <path d="M150 66c10 12 14 28 14 42M200 56c6 14 8 32 8 48M250 66c-4 12-4 28-2 42" stroke="#fbe3bf" stroke-width="7" stroke-linecap="round" fill="none"/>
            """)),
        new("buns", "Cinnamon buns", "Four, with pearl sugar.", 9_600, Drawn("#fde5d8", "#f0b795", """
            <circle cx="150" cy="86" r="46" fill="#c47a3d"/><circle cx="250" cy="86" r="46" fill="#b96d31"/>
            <path d="M150 86m-30 4a30 30 0 1 1 26 26a20 20 0 1 1 12-34a10 10 0 0 1-2 16M250 86m-30 4a30 30 0 1 1 26 26a20 20 0 1 1 12-34a10 10 0 0 1-2 16" stroke="#6d3a14" stroke-width="6" fill="none" stroke-linecap="round"/>
            <path d="M128 62h6M168 66h6M158 112h6M226 64h6M268 70h6M256 114h6" stroke="#fff" stroke-width="6" stroke-linecap="round"/>
            """)),
        new("crispbread", "Crispbread with seeds", "Thin, and gone before Sunday.", 6_400, Drawn("#f3ead6", "#d9c092", """
            <rect x="105" y="42" width="190" height="80" rx="10" fill="#a86f35"/><rect x="118" y="30" width="190" height="80" rx="10" fill="#c08a4b"/>
            <path d="M140 50h2M170 62h2M200 48h2M230 66h2M262 52h2M286 70h2M150 84h2M184 92h2M218 88h2M250 94h2M280 90h2" stroke="#5b3714" stroke-width="9" stroke-linecap="round"/>
            """)),
        new("cheese", "Brown cheese", "Sweet, from goats above Lom.", 12_900, Drawn("#f6e6d6", "#d7a67b", """
            <path d="M120 118V58l140-20 30 26v54z" fill="#8a4d22"/><path d="M120 58l140-20 30 26H150z" fill="#b97a4a"/><path d="M120 58h30v60h-30z" fill="#a5632f"/>
            """)),
        new("jam", "Cloudberry jam", "A jar of last August.", 11_500, Drawn("#ffeccb", "#f3c069", """
            <rect x="150" y="46" width="100" height="82" rx="14" fill="#e8891c"/><rect x="156" y="28" width="88" height="20" rx="6" fill="#7a3b12"/><rect x="162" y="72" width="76" height="34" rx="4" fill="#fff6e6"/>
            <path d="M176 90h48" stroke="#7a3b12" stroke-width="5" stroke-linecap="round"/>
            """)),
        new("coffee", "Coffee, roasted light", "For the walk home. 250 g.", 14_900, Drawn("#e9e2da", "#b8a493", """
            <path d="M150 40h100l10 88H140z" fill="#4a2f20"/><path d="M150 40l10-12h80l10 12z" fill="#2f1c12"/><rect x="164" y="66" width="72" height="40" rx="6" fill="#f1e4d3"/>
            <ellipse cx="200" cy="86" rx="12" ry="16" fill="#7a4a26"/><path d="M200 71c-6 10 6 20 0 30" stroke="#f1e4d3" stroke-width="3" fill="none"/>
            """)),
    ];

    private static Markup Drawn(string light, string dark, string shape) => new($"""
        <svg viewBox="60 10 280 130" aria-hidden="true" preserveAspectRatio="xMidYMid slice" style="background:linear-gradient(160deg,{light},{dark})"><ellipse cx="200" cy="126" rx="110" ry="9" fill="#5b3010" opacity=".2"/>{shape.ReplaceLineEndings("")}</svg>
        """);
}
