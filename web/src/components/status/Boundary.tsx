import { Component, type ReactNode } from 'react';
import { Failure } from './Failure.tsx';

interface Props {
  children: ReactNode;
}

/** What throws while it is drawn takes itself down and nothing else. */
export class Boundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <Failure retry={() => this.setState({ failed: false })} /> : this.props.children;
  }
}
