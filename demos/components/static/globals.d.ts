// What Gradio hands to a component's script: see gr.HTML's `js_on_load`.

/** The component's node; inside it is the component's own markup. */
declare const element: HTMLElement;
/** The component's properties; to set `props.value` tells the server. */
declare const props: Record<string, any>;
/** Calls a function whenever one of these properties has changed. */
declare function watch(names: string | string[], act: () => unknown): void;
/** Fires an event of the component, with data for the server. */
declare function trigger(event: string, data?: unknown): void;
/** Sends a file to the server; gives what Gradio knows it by. */
declare function upload(file: File): Promise<any>;
/** The component's server functions. */
declare const server: Record<string, (data?: unknown) => Promise<any>>;

/** Where the cameras' frames are answered, once a visitor has chosen: "server" or "browser". */
interface Document { livePlace?: string }

// A script asks for what its own markup holds: that is there, and of the kind that the script knows.
interface ParentNode {
  querySelector<K extends keyof HTMLElementTagNameMap>(selector: K): HTMLElementTagNameMap[K];
  querySelector(selector: string): any;
  querySelectorAll<K extends keyof HTMLElementTagNameMap>(
    selector: K): NodeListOf<HTMLElementTagNameMap[K]>;
  querySelectorAll(selector: string): NodeListOf<any>;
}
interface Element {
  closest<K extends keyof HTMLElementTagNameMap>(selector: K): HTMLElementTagNameMap[K];
  closest(selector: string): any;
}
