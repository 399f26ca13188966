// VitePress's own theme, with room for what commands print.
import DefaultTheme from "vitepress/theme";
import "./wide.css";

export default DefaultTheme;
